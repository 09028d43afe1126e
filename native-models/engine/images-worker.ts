import { parentPort } from './port.ts';
import { serveImages } from './serve-images.ts';

serveImages(parentPort());
