import { SpendRefused } from './refused.ts';

export const SPEND_BYTES_MAX = 10 * 1024 * 1024;

export interface Decoded {
  text: string;
  encoding: string;
}

/** Bytes as text: UTF-8, UTF-16 either way (what platforms call "for Excel"), else Windows' Western European. */
export function decodeSpend(bytes: Uint8Array): Decoded {
  if (bytes.byteLength > SPEND_BYTES_MAX) throw new SpendRefused('file', 'is larger than 10 MB; export fewer days');
  if (bytes.byteLength === 0) throw new SpendRefused('file', 'is empty');
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
    throw new SpendRefused('file', 'is a zip archive or an Excel workbook; export as CSV');
  }
  const encoding = encodingOf(bytes);
  if (encoding !== null) return { text: withoutMark(new TextDecoder(encoding).decode(bytes)), encoding };
  try {
    return { text: withoutMark(new TextDecoder('utf-8', { fatal: true }).decode(bytes)), encoding: 'utf-8' };
  } catch {
    return { text: new TextDecoder('windows-1252').decode(bytes), encoding: 'windows-1252' };
  }
}

function encodingOf(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  const [a, b] = [bytes[0], bytes[1]];
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  // Without a mark: English headers have a zero in every second byte.
  if (a !== 0 && b === 0 && bytes[3] === 0) return 'utf-16le';
  return a === 0 && b !== 0 && bytes[2] === 0 ? 'utf-16be' : null;
}

const withoutMark = (text: string) => text.replace(/^\uFEFF/, '');
