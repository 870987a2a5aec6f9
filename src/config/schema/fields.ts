import { z } from 'zod';
import { standardDomain } from '../rules/domain.ts';
import { standardGuestPath, standardMountTarget } from '../rules/guest-path.ts';
import { standardHostPath } from '../rules/host-path.ts';
import { standardRange } from '../rules/range.ts';
import type { Verdict } from '../rules/verdict.ts';
import { WORDS } from '../rules/words.ts';
import type { Word } from '../rules/words.ts';

interface Fields {
  name: z.ZodString;
  debianPackage: z.ZodString;
  variable: z.ZodString;
  image: z.ZodString;
  domain: z.ZodType<string, string>;
  port: z.ZodNumber;
  range: z.ZodType<string, string>;
  hostPath: z.ZodType<string, string>;
  guestPath: z.ZodType<string, string>;
  mountTarget: z.ZodType<string, string>;
  /** For people: one line. */
  line: z.ZodString;
  label: z.ZodString;
  /** More lines. */
  text: z.ZodString;
  secret: z.ZodString;
  flag: z.ZodBoolean;
  seconds: z.ZodNumber;
}

/** The single values of configs and plugins. The text of an issue is what the value must be. */
export const FIELDS: Fields = {
  name: word(WORDS.name),
  debianPackage: word(WORDS.debianPackage),
  variable: word(WORDS.variable),
  image: word(WORDS.image),
  domain: ruled(standardDomain, 'the name of a host'),
  port: whole(1, 65_535, 'a port'),
  range: ruled(standardRange, 'a range of IPv4'),
  hostPath: ruled(standardHostPath, 'a path of this host'),
  guestPath: ruled(standardGuestPath, 'a path of the guest'),
  mountTarget: ruled(standardMountTarget, 'a path of the guest'),
  line: z.string('a text').regex(/^[^\p{Cc}]{1,200}$/u, 'one line of 1 to 200 characters'),
  label: z.string('a text').regex(/^[^\p{Cc}/]{1,64}$/u, 'one line of 1 to 64 characters without /'),
  text: z.string('a text').check(withoutNul('a text')).min(1, 'a text that is not empty'),
  secret: z.string('a text').check(withoutNul('a text')),
  flag: z.boolean('true or false'),
  seconds: z
    .number('a number of seconds')
    .min(1, 'at least 1 second')
    .max(86_400, 'at most 86400 seconds, a day'),
};

export function whole(min: number, max: number, what: string): z.ZodNumber {
  const mustBe = `${what}, a whole number from ${min} to ${max}`;
  return z.int(mustBe).min(min, mustBe).max(max, mustBe);
}

/** A list; `what` begins with `a list of`. */
export function list<S extends z.ZodType>(item: S, what: string): z.ZodArray<S> {
  return z.array(item, what).max(MOST_ITEMS, `${what}, at most ${MOST_ITEMS}`);
}

const MOST_ITEMS = 1000;

function word({ pattern, mustBe }: Word): z.ZodString {
  return z.string(mustBe).regex(pattern, mustBe);
}

function ruled(rule: (text: string) => Verdict, what: string): z.ZodType<string, string> {
  return z.string(what).transform((text, context) => {
    const verdict = rule(text);
    if ('value' in verdict) return verdict.value;
    context.addIssue({ code: 'custom', message: verdict.mustBe });
    return z.NEVER;
  });
}

function withoutNul(what: string): z.core.$ZodCheck<string> {
  return z.refine((text: string) => !text.includes('\0'), `${what} without NUL`);
}
