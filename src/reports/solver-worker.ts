// A thread that solves one data-driven model and ends (solver.ts).
import { parentPort, workerData } from 'node:worker_threads';
import { markov } from '../core/attribution/markov.ts';
import { seededRandom } from '../core/attribution/resample.ts';
import { shapley } from '../core/attribution/shapley.ts';
import type { Problem } from './solver.ts';

const { model, paths, order, seed } = workerData as Problem;
const random = seededRandom(seed);
parentPort!.postMessage(model === 'markov' ? markov(paths, { random, order }) : shapley(paths, { random }));
