import { runMain } from '../bootstrap/run-main.js';
import { probeService } from './probe-service.js';

/** The probe service as a program, for tests of what a user sees of it. */
void runMain(probeService);
