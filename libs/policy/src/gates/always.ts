import { defineGate, defineTrigger } from './gate.js';

/** Fires whatever the image is: for tests and for images that nothing may run. */
export const always = defineGate({
  name: 'always',
  description: 'Fires for every image, to test a policy or to refuse all images that it is mapped to',
  triggers: [
    defineTrigger({
      name: 'always',
      description: 'Fires once for every image',
      parameters: {},
      evaluate: () => [{ message: 'Unconditional trigger match', triggerId: 'always' }],
    }),
  ],
});
