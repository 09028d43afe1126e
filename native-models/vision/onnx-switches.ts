/**
 * The environment that ONNX Runtime must find when it is loaded. Static imports run first, so its owner imports this
 * module before the library, and every child process is started with the same.
 *
 * Linux and macOS: since 1.29 the builds hold a telemetry client that looks up a host of its maker again and again and
 * writes a device id, queued events and a log outside the program's own folder. ORT_DISABLE_TELEMETRY ends all of it.
 *
 * Windows: the builds hand events to the system's trace logging, whose telemetry service may send them on.
 * DisableTelemetryEvents of the C API comes too late (one event is out once the environment is made) and does not last
 * (a trace session that starts turns the events on again). ORT_RUNNING_UNIT_TESTS is meant for the maker's own tests, but
 * it is the only thing that keeps the provider from being registered at all, and it is read for nothing else.
 *
 * SECURITY.md says how this was checked, with which release; test/trust watches it.
 */
export const onnxSwitches: Readonly<Record<string, string>> = {
  ORT_DISABLE_TELEMETRY: '1',
  ...(process.platform === 'win32' ? { ORT_RUNNING_UNIT_TESTS: '1' } : {}),
};

Object.assign(process.env, onnxSwitches);
