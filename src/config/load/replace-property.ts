/** Gives an object another property as long as it lasts. */
export function replaceProperty<T extends object, K extends keyof T>(
  target: T,
  key: K,
  value: T[K],
): Disposable {
  const own = Object.getOwnPropertyDescriptor(target, key);
  target[key] = value;
  return {
    [Symbol.dispose]() {
      // It was the prototype's otherwise.
      if (own === undefined) delete target[key];
      else Object.defineProperty(target, key, own);
    },
  };
}
