import { readFileSync } from 'node:fs';

/** What a process has used so far, of all cores together: tells a slow question from a busy machine. Linux only. */
export function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
