import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '../core/event.ts';
import type { SessionEnd } from '../storage/facts/facts.ts';
import { assignSessions, sessionsWanted } from './sessions.ts';

const T0 = Date.UTC(2026, 10, 20, 12);
const MINUTE = 60_000;

/** A hit of visitor v1 some minutes after T0; its id is its letter. */
function hit(letter: string, minutes: number, more: Partial<Event> = {}): Event {
  const source = more.source ?? '';
  const url = source === '' ? 'https://shop.example/' : `https://shop.example/?utm_source=${source}`;
  const tags = { source, medium: '', campaign: '', clickId: '' };
  return {
    site: 's',
    id: letter,
    visitor: 'v1',
    session: '',
    occurredAt: T0 + minutes * MINUTE,
    url,
    ...tags,
    ...more,
  } as Event;
}
function known(session: string, fromMinutes: number, toMinutes: number, source = ''): SessionEnd {
  const tags = { source, medium: '', campaign: '', clickId: '' };
  return {
    site: 's',
    visitor: 'v1',
    session,
    firstAt: T0 + fromMinutes * MINUTE,
    lastAt: T0 + toMinutes * MINUTE,
    ...tags,
  };
}

const STORIES: [what: string, hits: Event[], sessions: SessionEnd[], expected: string][] = [
  ['gaps under 30 minutes continue', [hit('a', 0), hit('b', 29), hit('c', 58)], [], 'a:s_a b:s_a c:s_a'],
  ['a gap of 30 minutes starts a new one', [hit('a', 0), hit('b', 30)], [], 'a:s_a b:s_b'],
  ['a new campaign starts a new one', [hit('a', 0, { source: 'n' }), hit('b', 1, { source: 'm' })], [], 'a:s_a b:s_b'],
  ['the same campaign again does not', [hit('a', 0, { source: 'n' }), hit('b', 1, { source: 'n' })], [], 'a:s_a b:s_a'],
  [
    'pages after the campaign continue it',
    [hit('a', 0), hit('b', 1, { source: 'n' }), hit('c', 2)],
    [],
    'a:s_a b:s_b c:s_b',
  ],
  ['another referrer is no campaign', [hit('a', 0), { ...hit('b', 1), source: 'google' }], [], 'a:s_a b:s_a'],
  ['order of arrival does not matter', [hit('b', 29), hit('a', 0)], [], 'b:s_a a:s_a'],
  ['a stored session goes on', [hit('a', 10)], [known('x', -20, 0)], 'a:x'],
  ['a stored session that ended does not', [hit('a', 30)], [known('x', -20, 0)], 'a:s_a'],
  ['a campaign during a stored session', [hit('a', 5, { source: 'n' })], [known('x', -20, 0, 'm')], 'a:s_a'],
  ['the same campaign during a stored session', [hit('a', 5, { source: 'n' })], [known('x', -20, 0, 'n')], 'a:x'],
  ['a late hit joins the session after it', [hit('a', -10)], [known('x', 0, 5)], 'a:x'],
  [
    'a late hit joins the latest before it',
    [hit('a', 40)],
    [known('x', 0, 20), known('y', 35, 50), known('z', 60, 61)],
    'a:y',
  ],
  ['another visitor', [hit('a', 0), hit('b', 1, { visitor: 'v2' })], [], 'a:s_a b:s_b'],
  ['another site', [hit('a', 0), hit('b', 1, { site: 't' })], [], 'a:s_a b:s_b'],
  ['no visitor, no session', [hit('a', 0, { visitor: '' })], [], ''],
  ['hits with a session keep it and others join it', [hit('a', 0, { session: 'own' }), hit('b', 5)], [], 'b:own'],
];

test('sessions of hits that came without', () => {
  for (const [what, hits, sessions, expected] of STORIES) {
    const got = [...assignSessions(hits, sessions)].sort(([a], [b]) => a - b);
    assert.equal(got.map(([position, session]) => `${hits[position]!.id}:${session}`).join(' '), expected, what);
  }
});

test('a session id is made from the id of its first event', () => {
  const id = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
  assert.equal(assignSessions([hit(id, 0)], []).get(0), 's_7c9e6679742540de944be07fc1f90ae7');
});

test('only visitors without a session are asked for, half an hour around', () => {
  const wanted = sessionsWanted([
    hit('a', 0),
    hit('b', 10),
    hit('c', 99, { session: 'own' }),
    hit('d', 50, { visitor: '' }),
  ]);
  assert.deepEqual(wanted, {
    visitors: [{ site: 's', visitor: 'v1' }],
    fromMs: T0 - 30 * MINUTE,
    toMs: T0 + 40 * MINUTE,
  });
  assert.equal(sessionsWanted([hit('c', 0, { session: 'own' })]), null);
});
