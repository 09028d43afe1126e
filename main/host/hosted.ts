import type { Services } from '../services/services.ts';

/** The services as a host uses them: the contract, its events, and what a page sends or asks for besides JSON. */
export type HostedServices = Omit<Services, 'processes'>;
