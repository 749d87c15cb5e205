// A thread that solves one data-driven model and ends (solver.ts).
import { parentPort, workerData } from 'node:worker_threads';
import { markov } from '../core/attribution/markov.ts';
import { seededRandom } from '../core/attribution/resample.ts';
import { shapley } from '../core/attribution/shapley.ts';
import type { Problem } from './solver.ts';

const { model, paths, order, seed } = workerData as Problem;
const random = seededRandom(seed);
const answer = model === 'markov' ? markov(paths, { random, order }) : shapley(paths, { random });
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread’s port, not a window
parentPort!.postMessage(answer);
