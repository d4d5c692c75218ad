export * from './image-view.js';
