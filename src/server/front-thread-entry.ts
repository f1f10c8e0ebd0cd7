// What a front thread of its own runs.
import { parentPort, workerData } from 'node:worker_threads';
import { FrontThread } from './front-thread.ts';
import { postponeMajorCollections } from './major-collections.ts';

if (!parentPort) throw new Error('A front thread is started as a thread');
postponeMajorCollections();
new FrontThread(parentPort, workerData).run();
