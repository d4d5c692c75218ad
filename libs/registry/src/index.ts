export * from './image-source.js';
