const LONGEST = 2_000;
const CONTROL = /[^\P{Cc}\n\t]/gu;

/** @returns the end of what a guest said, without what would steer a terminal */
export function guestWords(text: string): string {
  return text.trim().slice(-LONGEST).replaceAll(CONTROL, '');
}
