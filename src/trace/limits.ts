/** The limits of the OpenTelemetry specification (`OTEL_SPAN_*`, `OTEL_EVENT_*`, `OTEL_LINK_*`): counts per span, event or link. */
export interface SpanLimits {
  attributeCount: number;
  eventCount: number;
  linkCount: number;
  attributePerEventCount: number;
  attributePerLinkCount: number;
}

export const limits: SpanLimits = {
  attributeCount: 128,
  eventCount: 128,
  linkCount: 128,
  attributePerEventCount: 128,
  attributePerLinkCount: 128,
};
