/** The web host as `npm start` runs it: built by main/build.ts, since its hundreds of source files take a while to load. */
import { sourcePlaces } from '../host/places.ts';
import { runWebHost, type WebHostOptions } from './run.ts';
import { PortUnavailable } from './server.ts';
import { sourceServices } from './source-services.ts';

/** Runs until the process is told to end. Where the port cannot be had, says so and sets the exit code. */
export async function runWeb(
  projectRoot: string,
  options: Omit<WebHostOptions, 'services' | 'rendererRoot'>,
): Promise<void> {
  const { rendererRoot } = sourcePlaces(projectRoot);
  const services = await sourceServices(projectRoot);
  try {
    await runWebHost({ ...options, services, rendererRoot });
  } catch (error) {
    await services.dispose();
    if (!(error instanceof PortUnavailable)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
