package dev.metricsserver.approval;

import static dev.metricsserver.approval.RequestRejectedException.require;
import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.approval.Reason.Code;
import dev.metricsserver.approval.Verdict.Rule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1TaggedObject;

/**
 * Reads PEM and DER strictly: the input must be the only possible encoding of its content, so that
 * the operator and the signer cannot read it differently.
 */
final class CanonicalDER {

  private static final String PEM_BEGIN = "-----BEGIN CERTIFICATE REQUEST-----\n";
  private static final String PEM_END = "-----END CERTIFICATE REQUEST-----\n";

  /** In bytes; ten times what the longest key and a dozen names need. */
  private static final int MAX_SIZE = 32 * 1024;

  /** A certificate request has nine levels. */
  private static final int MAX_DEPTH = 12;

  private static final int CONSTRUCTED = 0x20;
  private static final int LONG_TAG = 0x1f;

  private CanonicalDER() {}

  /**
   * The content of the one PEM block of a request.
   *
   * @param base64 {@code spec.request} of a CertificateSigningRequest: PEM in base64
   */
  static byte[] ofRequest(String base64) {
    try {
      var pem =
          new String(
                  Base64.getDecoder().decode(requireNonNullElse(base64, "")),
                  StandardCharsets.ISO_8859_1)
              .replace("\r\n", "\n");
      var framed = pem.endsWith("\n") ? pem : pem + "\n";
      require(
          framed.length() <= 2 * MAX_SIZE
              && framed.startsWith(PEM_BEGIN)
              && framed.endsWith(PEM_END)
              && framed.length() > PEM_BEGIN.length() + PEM_END.length(),
          Rule.Encoding,
          Code.NotOnePemBlock);
      var body = framed.substring(PEM_BEGIN.length(), framed.length() - PEM_END.length());
      return Base64.getDecoder().decode(body.replace("\n", ""));
    } catch (IllegalArgumentException e) {
      throw new RequestRejectedException(Rule.Encoding, Code.NotOnePemBlock);
    }
  }

  /** Parses DER, and rejects every encoding that is not canonical. */
  static ASN1Primitive parse(byte[] der) {
    require(der.length <= MAX_SIZE && isOneValue(der), Rule.Encoding, Code.NotDer);
    try {
      var parsed = ASN1Primitive.fromByteArray(der);
      require(parsed != null && isEncodingOf(parsed, der), Rule.Encoding, Code.NotCanonical);
      return parsed;
    } catch (IOException | IllegalArgumentException | IllegalStateException e) {
      throw new RequestRejectedException(Rule.Encoding, Code.NotDer);
    }
  }

  /** Returns whether {@code der} is exactly the encoding of a value. */
  static boolean isEncodingOf(ASN1Encodable value, byte[] der) throws IOException {
    return Arrays.equals(value.toASN1Primitive().getEncoded(ASN1Encoding.DER), der);
  }

  static ASN1Sequence sequence(ASN1Encodable object, int size, Rule rule) {
    var sequence = sequence(object, rule);
    require(sequence.size() == size, rule, Code.UnexpectedStructure);
    return sequence;
  }

  static ASN1Sequence sequence(ASN1Encodable object, Rule rule) {
    require(object instanceof ASN1Sequence, rule, Code.UnexpectedStructure);
    return (ASN1Sequence) object;
  }

  static ASN1TaggedObject tagged(ASN1Encodable object, Rule rule) {
    require(object instanceof ASN1TaggedObject, rule, Code.UnexpectedStructure);
    return (ASN1TaggedObject) object;
  }

  static ASN1ObjectIdentifier oid(ASN1Encodable object, Rule rule) {
    require(object instanceof ASN1ObjectIdentifier, rule, Code.UnexpectedStructure);
    return (ASN1ObjectIdentifier) object;
  }

  /** Checks tags and lengths first, because the parser recurses as deep as the input tells it. */
  private static boolean isOneValue(byte[] bytes) {
    return bytes.length > 0 && end(bytes, 0, bytes.length, 0) == bytes.length;
  }

  /** Where the value that starts at {@code from} ends; -1 if it does not end before {@code to}. */
  private static int end(byte[] bytes, int from, int to, int depth) {
    if (depth > MAX_DEPTH || to - from < 2 || (bytes[from] & LONG_TAG) == LONG_TAG) {
      return -1;
    }
    var first = bytes[from + 1] & 0xff;
    var lengthBytes = first < 0x80 ? 0 : first - 0x80;
    var start = from + 2 + lengthBytes;
    if (lengthBytes > 2 || first == 0x80 || start > to) {
      return -1;
    }
    var length = lengthBytes == 0 ? first : 0;
    for (var i = from + 2; i < start; i++) {
      length = (length << 8) | (bytes[i] & 0xff);
    }
    var end = start + length;
    if (end > to) {
      return -1;
    }
    return (bytes[from] & CONSTRUCTED) == 0 ? end : endOfParts(bytes, start, end, depth);
  }

  private static int endOfParts(byte[] bytes, int start, int end, int depth) {
    for (var next = start; next != end; ) {
      next = end(bytes, next, end, depth + 1);
      if (next < 0) {
        return -1;
      }
    }
    return end;
  }
}
