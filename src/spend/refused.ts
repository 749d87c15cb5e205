/**
 * Spend that cannot be imported (nothing was stored), or a question about it that cannot be asked (`invalid`). `field` is what
 * of the request is to be changed.
 */
export class SpendRefused extends Error {
  override name = 'SpendRefused';
  readonly field: string;
  readonly code: 'bad_spend' | 'invalid';
  constructor(field: string, message: string, code: 'bad_spend' | 'invalid' = 'bad_spend') {
    super(message);
    this.field = field;
    this.code = code;
  }
}
