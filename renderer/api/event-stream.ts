/** One server-sent event. A frame that only says where to resume has no data. */
export interface StreamedEvent {
  readonly id: string | null;
  readonly type: string;
  readonly data: string | null;
}

/**
 * Server-sent events from the body of a fetch, as main/web/event-stream.ts writes them: fields of one line each.
 * EventSource would read them too, but sends no header.
 */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamedEvent> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const frames = (text + value).split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) yield parse(frame);
  }
}

function parse(frame: string): StreamedEvent {
  const fields = new Map(
    frame.split('\n').map((line): [string, string] => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  return {
    id: fields.get('id') ?? null,
    type: fields.get('event') ?? 'message',
    data: fields.get('data') ?? null,
  };
}
