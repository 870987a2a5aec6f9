/** What each field may be: one that is not listed is an error of types. */
export type Choices<Input> = { [Field in keyof Required<Input>]: readonly Input[Field][] };

/** @returns every input that can be made of such fields */
export function variants<Input extends object>(choices: Choices<Input>): Input[] {
  const made = Object.entries<readonly unknown[]>(choices).reduce<object[]>(
    (inputs, [field, values]) =>
      inputs.flatMap((input) => values.map((value) => ({ ...input, [field]: value }))),
    [{}],
  );
  return made as Input[];
}
