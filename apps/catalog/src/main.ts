import { runMain } from '@kedge/service';
import { catalogService } from './index.js';

void runMain(catalogService);
