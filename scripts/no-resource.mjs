// Stands for @opentelemetry/resources in the bundle: the SDK of metrics asks it for a resource that nobody reads.
export const defaultResource = () => undefined;
