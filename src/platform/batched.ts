/**
 * Answers many questions that are asked one by one with few calls: those that come while a call is under way are asked
 * together by the next one. Each question is asked once.
 * @param ask answers some questions; one that its answer lacks has the answer undefined
 */
export function batched<T>(
  ask: (questions: readonly string[]) => Promise<ReadonlyMap<string, T>>,
): (question: string) => Promise<T | undefined> {
  const known = new Map<string, Promise<T | undefined>>();
  let next: { questions: string[]; answers: Promise<ReadonlyMap<string, T>> } | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const open = (): NonNullable<typeof next> => {
    const questions: string[] = [];
    const answers = last.then(nextTurn, nextTurn).then(() => {
      next = undefined;
      return ask(questions);
    });
    last = answers;
    return { questions, answers };
  };
  return (question) => {
    const asked = known.get(question);
    if (asked !== undefined) return asked;
    next ??= open();
    next.questions.push(question);
    const answer = next.answers.then((answers) => answers.get(question));
    known.set(question, answer);
    return answer;
  };
}

/** Whoever asks many at one time has done so by then. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
