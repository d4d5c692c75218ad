import { runMain } from '@kedge/service';
import { analyzer } from './index.js';

void runMain(analyzer);
