import { FactsCrowded, TooMuchToCompute } from './facts.ts';

/** The engine's bounds on what a question may read (158, 307), take (159, 160), hold (241) and answer (396). */
const BOUNDS = new Set(['158', '159', '160', '241', '307', '396']);
const TOO_MUCH = 'this reads more than one answer may; choose fewer days, fewer dimensions, or a coarser one';

export function exceedsBounds(error: unknown): boolean {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  return BOUNDS.has(code) && !isCrowded(message);
}

/** All questions together hold too much, and it met this one. */
const isCrowded = (message: string) => message.includes('(total) memory limit exceeded');

/**
 * @throws TooMuchToCompute instead of the engine's words, when the question is at fault
 * @throws FactsCrowded when others are: it can be asked again in a moment
 */
export async function bounded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (exceedsBounds(error)) throw new TooMuchToCompute(TOO_MUCH, { cause: error });
    if (!isCrowded((error as Error).message)) throw error;
    throw new FactsCrowded('too many heavy questions are being answered; ask again in a moment', { cause: error });
  }
}
