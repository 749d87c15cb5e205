/** `headwater-sdk/server`: for any server that speaks fetch's or Node's requests. */
export { visitorOf } from './server-request.ts';
export type { VisitorSource } from './server-request.ts';
export type { VisitorIds } from './visitor-ids.ts';
export {
  checkoutParams,
  customerParams,
  invoiceParams,
  paymentIntentParams,
  paymentLinkParams,
  paymentLinkUrl,
  stripeMetadata,
  subscriptionParams,
} from './server-stripe.ts';
export { createHeadwater, HeadwaterError } from './server-client.ts';
export type { HeadwaterServer, OutsidePayment, ServerOptions, TrackDetails } from './server-client.ts';
