import { ProtocolError } from '../../core/errors.ts';
import { Http2Code } from './codes.ts';

/** A connection error (RFC 9113 §5.4.1): GOAWAY with that code is to be sent, and the connection closed. */
export class Http2Error extends ProtocolError {
  readonly http2Code: Http2Code;

  constructor(http2Code: Http2Code, message: string) {
    super(http2Code === Http2Code.enhanceYourCalm ? 'http2-flood' : 'http2-protocol', message);
    this.http2Code = http2Code;
  }
}
