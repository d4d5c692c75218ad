// Sources import each other as `./x.js`, the name of the compiled file; in the tests that file is `./x.ts`.
module.exports = function resolve(path, options) {
  try {
    return options.defaultResolver(path, options);
  } catch (error) {
    if (!/^\.{1,2}\/.*\.js$/.test(path)) throw error;
    return options.defaultResolver(path.replace(/\.js$/, '.ts'), options);
  }
};
