import type { Control, Order } from './control.ts';

/** @returns what was ordered for a call, by the number of calls of that name which this process got */
export function misdeeds(control: Control): (call: string) => Order | undefined {
  const seen = new Map<string, number>();
  return (call) => {
    const count = (seen.get(call) ?? 0) + 1;
    seen.set(call, count);
    return control.orders().find((order) => order.call === call && (order.nth ?? count) === count);
  };
}
