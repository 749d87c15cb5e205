import type { Bug } from './bug.ts';

/** Who is one person, what a person said about it, and what is told of the change. */
export const IDENTITY_BUGS: readonly Bug[] = [
  {
    name: 'a rejected link still names the visitor',
    tempting: 'it is marked on the page; the ladder reads the same links',
    file: 'src/core/link.ts',
    find: "if (rejected !== undefined && rejected.size > 0 && rejected.has(linkKey(link))) return { reason: 'link_rejected' };",
    replace: '',
    tests: ['test/contracts/identity.test.ts'],
  },
  {
    name: 'a rejected identify still joins',
    tempting: 'the ladder leaves rejected links out; joins are not links',
    file: 'src/payments/evidence.ts',
    find: '    if (isRejected(rejected, kind, row)) continue;\n',
    replace: '',
    tests: ['test/contracts/identity.test.ts'],
  },
  {
    name: 'what a rejected value hid stays hidden',
    tempting: 'the first well-formed value counts',
    file: 'src/core/ladder.ts',
    find: '&& !isRejected(evidence)',
    replace: '',
    tests: ['test/money/restatements.test.ts'],
  },
  {
    name: 'an earlier word on a link counts beside the latest',
    tempting: 'a rejection is a row; reinstating adds another',
    file: 'src/storage/records/verdicts.ts',
    find: ".whereRef('later.seq', '>', 'said.seq')",
    replace: ".whereRef('later.seq', '<', 'said.seq')",
    tests: ['test/contracts/records-identity.test.ts'],
  },
  {
    name: 'a second request forgets why the first was made',
    tempting: 'the latest reason is the reason',
    file: 'src/storage/records/attributions.ts',
    find: "else attribution_requests.reasons || ',' || excluded.reasons end",
    replace: 'else excluded.reasons end',
    tests: ['test/contracts/records-identity.test.ts'],
  },
  {
    name: 'the address of a webhook is checked when it is saved only',
    tempting: 'it was public a minute ago',
    file: 'src/alerts/deliver.ts',
    find: '{ lookup: guardedLookup(rule) }',
    replace: '{ lookup: guardedLookup({ ...rule, isAllowed: () => true }) }',
    tests: ['test/contracts/coverage.test.ts'],
  },
  {
    name: 'chance is not reckoned with',
    tempting: 'a fall of 25 points is a fall',
    file: 'src/core/coverage.ts',
    find: '    if (atMost(recent.attributed, recent.payments, usual) > chanceMax) continue;\n',
    replace: '',
    tests: ['src/core/coverage.test.ts'],
  },
];
