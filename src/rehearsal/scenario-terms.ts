import { amountOf, type Reading } from './scenario-expect.ts';

/** Under which conditions something is bought. */
export interface Conditions {
  captureMethod?: 'manual';
  taxPercent?: number;
  shippingMinor?: number;
  discount?: {
    percentOff: number | null;
    amountOffMinor: number | null;
    code: string | null;
    duration: 'once' | 'repeating' | 'forever';
    months?: number;
  };
  /** How many are subscribed to. */
  quantity?: number;
  applicationFeeMinor?: number;
  /** What the buyer saw, in another currency. */
  presentment?: { amount: number; currency: string };
  /** The buyer is an Account (Accounts v2): objects name no customer. */
  isAccount?: true;
  /** On a connected account, which the endpoint hears of as well. */
  onAccount?: string;
  /** In the other mode than the story's. */
  otherMode?: boolean;
}

/** One clause after "pays" or "subscribes". Null: it is not a condition. */
export function readCondition(part: string, reading: Reading): Conditions | null {
  const { currency } = reading;
  if (part === 'as account') return { isAccount: true };
  if (part === 'in the other mode') return { otherMode: true };
  const [, account] = /^on account (acct_\w{1,40})$/.exec(part) ?? [];
  if (account !== undefined) return { onAccount: account };
  const [, tax] = /^with tax (\d{1,2})%$/.exec(part) ?? [];
  if (tax !== undefined) return { taxPercent: Number(tax) };
  const [, word, amount] = /^with (shipping|application fee) ([\d.]+)$/.exec(part) ?? [];
  if (amount !== undefined) {
    const amountMinor = amountOf(amount, currency, reading);
    return word === 'shipping' ? { shippingMinor: amountMinor } : { applicationFeeMinor: amountMinor };
  }
  const [, seen, seenIn] = /^shown as ([\d.]+) ([a-z]{3})$/.exec(part) ?? [];
  if (seen !== undefined && seenIn !== undefined) {
    return { presentment: { amount: amountOf(seen, seenIn, reading), currency: seenIn } };
  }
  const [, quantity] = /^with quantity (\d{1,4})$/.exec(part) ?? [];
  if (quantity !== undefined) return { quantity: Number(quantity) };
  const [, kind, off, percent, forever, months = null] =
    /^with (coupon|promotion code [A-Z0-9]{1,40}) ([\d.]+)(%?)( forever| for (\d{1,2}) months?)?$/.exec(part) ?? [];
  if (kind === undefined || off === undefined) return null;
  return {
    discount: {
      percentOff: percent === '%' ? Number(off) : null,
      amountOffMinor: percent === '%' ? null : amountOf(off, currency, reading),
      code: kind.startsWith('promotion code ') ? kind.slice('promotion code '.length) : null,
      duration: months !== null ? 'repeating' : forever === undefined ? 'once' : 'forever',
      ...(months === null ? {} : { months: Number(months) }),
    },
  };
}
