package dev.metricsserver.model;

/** The certificates of a CA that the user gave, or why there are none. */
public sealed interface TrustBundle {

  /**
   * The certificates.
   *
   * @param pem nothing but certificates, in PEM, at least one
   */
  record Found(String pem) implements TrustBundle {}

  /**
   * There are none.
   *
   * @param why a sentence
   * @param remedy what mends it: a sentence, or commands
   */
  record Missing(String why, String remedy) implements TrustBundle {}
}
