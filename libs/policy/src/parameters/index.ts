export * from './parameter-type.js';
export * from './types.js';
