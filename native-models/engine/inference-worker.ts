import { parentPort } from './port.ts';
import { serveInference } from './serve-inference.ts';

serveInference(parentPort());
