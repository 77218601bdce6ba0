/** Names of resource attributes, as in the semantic conventions. */
export const SERVICE_NAME = 'service.name';
export const SERVICE_VERSION = 'service.version';
export const SERVICE_INSTANCE_ID = 'service.instance.id';

export const TELEMETRY_SDK_NAME = 'telemetry.sdk.name';
export const TELEMETRY_SDK_LANGUAGE = 'telemetry.sdk.language';
export const TELEMETRY_SDK_VERSION = 'telemetry.sdk.version';
export const TELEMETRY_DISTRO_NAME = 'telemetry.distro.name';
export const TELEMETRY_DISTRO_VERSION = 'telemetry.distro.version';

export const PROCESS_PID = 'process.pid';
export const PROCESS_EXECUTABLE_NAME = 'process.executable.name';
export const PROCESS_EXECUTABLE_PATH = 'process.executable.path';
export const PROCESS_COMMAND = 'process.command';
export const PROCESS_COMMAND_ARGS = 'process.command_args';
export const PROCESS_OWNER = 'process.owner';
export const PROCESS_RUNTIME_NAME = 'process.runtime.name';
export const PROCESS_RUNTIME_VERSION = 'process.runtime.version';
export const PROCESS_RUNTIME_DESCRIPTION = 'process.runtime.description';

export const HOST_NAME = 'host.name';
export const HOST_ID = 'host.id';
export const HOST_ARCH = 'host.arch';

export const OS_TYPE = 'os.type';
export const OS_VERSION = 'os.version';
export const OS_DESCRIPTION = 'os.description';

export const CONTAINER_ID = 'container.id';
