import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayOf } from './spend-days.ts';

/** The same day, the second of a month, as exports in seven languages write it. */
const WRITTEN: [month: number, texts: string[]][] = [
  [
    1,
    ['Jan 2, 2026', '2. Januar 2026', '2 janv. 2026', '2 ene 2026', '2 gen 2026', '2 de jan. de 2026', '2 jan. 2026'],
  ],
  [2, ['Feb 2, 2026', '2. Feb. 2026', '2 févr. 2026', '2 feb 2026', '2 feb 2026', '2 de fev. de 2026', '2 feb 2026']],
  [3, ['Mar 2, 2026', '2. März 2026', '2. Mrz. 2026', '2 mars 2026', '2 mar 2026', '2 de mar. de 2026', '2 mrt 2026']],
  [4, ['Apr 2, 2026', '2. Apr. 2026', '2 avr. 2026', '2 abr 2026', '2 apr 2026', '2 de abr. de 2026', '2 apr 2026']],
  [5, ['May 2, 2026', '2. Mai 2026', '2 mai 2026', '2 may 2026', '2 mag 2026', '2 de mai. de 2026', '2 mei 2026']],
  [6, ['June 2, 2026', '2. Juni 2026', '2 juin 2026', '2 jun 2026', '2 giu 2026', '2 de jun. de 2026', '2 jun 2026']],
  [7, ['July 2, 2026', '2. Juli 2026', '2 juil. 2026', '2 jul 2026', '2 lug 2026', '2 de jul. de 2026', '2 jul 2026']],
  [8, ['Aug 2, 2026', '2. Aug. 2026', '2 août 2026', '2 ago 2026', '2 ago 2026', '2 de ago. de 2026', '2 aug 2026']],
  [9, ['Sept 2, 2026', '2. Sept. 2026', '2 sept. 2026', '2 sep 2026', '2 set 2026', '2 de set. de 2026', '2 sep 2026']],
  [10, ['Oct 2, 2026', '2. Okt. 2026', '2 oct. 2026', '2 oct 2026', '2 ott 2026', '2 de out. de 2026', '2 okt 2026']],
  [
    11,
    [
      'Mon, Nov 2, 2026',
      'Nov. 2, 2026',
      '2-Nov-26',
      '02-nov-2026',
      'Monday, November 02, 2026',
      'Mo., 2. Nov. 2026',
      'lun. 2 nov. 2026',
      'lun, 2 nov 2026',
      'seg., 2 de nov. de 2026',
    ],
  ],
  [12, ['Dec 2, 2026', '2. Dez. 2026', '2 déc. 2026', '2 dic 2026', '2 dic 2026', '2 de dez. de 2026', '2 dec 2026']],
];

test('months by name', () => {
  for (const [month, texts] of WRITTEN) {
    for (const text of texts) assert.equal(dayOf(text, 'mdy'), `2026-${String(month).padStart(2, '0')}-02`, text);
  }
});

test('what is no day', () => {
  for (const text of [
    '',
    'Nov 2026',
    '31 Nov 2026',
    '2 Foo 2026',
    '2 Nov 1999',
    '2 Nov 6',
    'Total 2, 2026',
    '2026-13-01',
    '30.02.2026',
  ]) {
    assert.equal(dayOf(text, 'dmy'), null, text);
  }
});
