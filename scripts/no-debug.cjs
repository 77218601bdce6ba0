// Stands in for the package `debug` in the bundles.
module.exports = () => () => {};
