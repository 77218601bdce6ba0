// Stands in for the package `@grpc/proto-loader` in the bundles.
exports.loadSync = () => ({});
