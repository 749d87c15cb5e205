/**
 * What only some sites need, served as /hw-more.js and loaded by the pixel when an attribute of its tag, or a link or script
 * of Stripe on the page, asks for it. It uses the pixel's public commands and nothing else of it.
 */
import { followClicks, followForms } from './more-clicks.ts';
import { followConsent, offerZori } from './more-consent.ts';
import { measureEngagement } from './more-engagement.ts';
import { handOver } from './more-hand-over.ts';
import { wants } from './more-page.ts';
import { linkStripe } from './more-stripe.ts';
import { attempt } from './storage.ts';
import { followHash, reportMissing } from './more-views.ts';

// Each by itself: what one finds odd in the page keeps no other from its work.
for (const feature of [linkStripe, followConsent, offerZori, followClicks, followForms, handOver]) attempt(feature);
if (wants('hash')) attempt(followHash);
if (wants('404')) attempt(reportMissing);
if (wants('engagement')) attempt(measureEngagement);
