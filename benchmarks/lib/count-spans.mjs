// Counting without decoding: only the lengths are read.

function varint(bytes, at) {
  let value = 0;
  let scale = 1;
  for (;;) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return [value, at];
    scale *= 128;
  }
}

/** Calls `visit(field, start, end)` for each length-delimited field of a protobuf message. */
function fields(bytes, at, end, visit) {
  while (at < end) {
    let tag;
    let length;
    [tag, at] = varint(bytes, at);
    const wire = tag % 8;
    if (wire === 2) {
      [length, at] = varint(bytes, at);
      if (at + length > end) throw new Error(`field ${tag >> 3} is cut off`);
      visit(tag >> 3, at, at + length);
      at += length;
    } else if (wire === 0) {
      [, at] = varint(bytes, at);
    } else if (wire === 1 || wire === 5) {
      at += wire === 1 ? 8 : 4;
    } else {
      throw new Error(`wire type ${wire}`);
    }
  }
}

/** Visits the spans of an OTLP ExportTraceServiceRequest: resource_spans (1) › scope_spans (2) › spans (2). */
function otlpSpans(bytes, visit) {
  fields(bytes, 0, bytes.length, (resource, from, to) => {
    if (resource !== 1) return;
    fields(bytes, from, to, (scope, start, end) => {
      if (scope !== 2) return;
      fields(bytes, start, end, (span, first, last) => {
        if (span === 2) visit(first, last);
      });
    });
  });
}

/** How many spans there are in an OTLP request. */
export function countOtlpSpans(bytes) {
  let spans = 0;
  otlpSpans(bytes, () => spans++);
  return spans;
}

/** The names (5) of the spans in an OTLP request. */
export function spanNames(bytes) {
  const names = [];
  otlpSpans(bytes, (from, to) => {
    fields(bytes, from, to, (field, start, end) => {
      if (field === 5) names.push(bytes.utf8Slice(start, end));
    });
  });
  return names;
}

/** Spans in a Datadog `/v0.4/traces` body: an array of traces, each an array of spans. */
export function countMsgpackSpans(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const u16 = () => ((at += 2), view.getUint16(at - 2));
  const u32 = () => ((at += 4), view.getUint32(at - 4));
  /** Not `at += length()`: that would add to the position before the length was read. */
  const pass = (length) => (at += length);

  function arrayLength() {
    const type = bytes[at++];
    if (type >= 0x90 && type <= 0x9f) return type & 0x0f;
    if (type === 0xdc) return u16();
    if (type === 0xdd) return u32();
    throw new Error(`expected an array, found 0x${type.toString(16)}`);
  }

  function skip(values) {
    while (values-- > 0) {
      const type = bytes[at++];
      if (type <= 0x7f || type >= 0xe0 || (type >= 0xc0 && type <= 0xc3)) continue;
      if (type <= 0x8f) values += 2 * (type & 0x0f);
      else if (type <= 0x9f) values += type & 0x0f;
      else if (type <= 0xbf) at += type & 0x1f;
      else if (type === 0xc4 || type === 0xd9) at += bytes[at] + 1;
      else if (type === 0xc5 || type === 0xda) pass(u16());
      else if (type === 0xc6 || type === 0xdb) pass(u32());
      else if (type === 0xcc || type === 0xd0) at += 1;
      else if (type === 0xcd || type === 0xd1) at += 2;
      else if (type === 0xca || type === 0xce || type === 0xd2) at += 4;
      else if (type === 0xcb || type === 0xcf || type === 0xd3) at += 8;
      else if (type === 0xdc) values += u16();
      else if (type === 0xdd) values += u32();
      else if (type === 0xde) values += 2 * u16();
      else if (type === 0xdf) values += 2 * u32();
      else throw new Error(`msgpack type 0x${type.toString(16)}`);
    }
  }

  let spans = 0;
  for (let traces = arrayLength(); traces > 0; traces--) {
    const length = arrayLength();
    spans += length;
    skip(length);
  }
  return spans;
}
