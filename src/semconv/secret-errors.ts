export { isSecret, keepSecret } from '../redact/secret-errors.ts';
