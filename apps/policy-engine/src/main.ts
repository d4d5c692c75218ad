import { runMain } from '@kedge/service';
import { policyEngine } from './policy-engine.js';

void runMain(policyEngine);
