/** Spend that cannot be imported: nothing was stored. `field` is what of the request is to be changed. */
export class SpendRefused extends Error {
  override name = 'SpendRefused';
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}
