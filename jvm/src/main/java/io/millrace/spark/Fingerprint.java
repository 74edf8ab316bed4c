package io.millrace.spark;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Tells equal statements from different ones without telling what they say.
 *
 * <p>Keyed: values in a statement are easily guessed, and a plain hash would confirm a guess.
 */
final class Fingerprint {

  private static final String ALGORITHM = "HmacSHA256";
  private static final int BYTES = 16;

  private final SecretKeySpec key;

  /** {@code secret} is the generation's own; with another one, equal statements look different. */
  Fingerprint(String secret) {
    // A key may not be empty, and a cluster without a secret has nothing to hide it with.
    byte[] bytes = ("millrace-audit:" + secret).getBytes(StandardCharsets.UTF_8);
    this.key = new SecretKeySpec(bytes, ALGORITHM);
  }

  String of(String text) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      byte[] digest = mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, BYTES);
    } catch (GeneralSecurityException error) {
      throw new IllegalStateException("every Java has " + ALGORITHM, error);
    }
  }
}
