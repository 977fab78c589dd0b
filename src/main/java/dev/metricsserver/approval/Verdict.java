package dev.metricsserver.approval;

/** What {@link ApprovalRule} says of a certificate request. */
public sealed interface Verdict {

  /** The request is right. */
  record Approve() implements Verdict {}

  /**
   * The request is not right as the cluster is now, and may become so.
   *
   * @param reason a clause without a full stop
   */
  record NotYet(String reason) implements Verdict {}

  /**
   * The request is wrong, whatever becomes of the cluster.
   *
   * @param rule the first rule that it breaks
   * @param reason a clause without a full stop
   */
  record Never(Rule rule, String reason) implements Verdict, ApprovalRule.Reading {}

  /** The rules, in the order in which they are checked. */
  enum Rule {
    /** The signer is {@value ApprovalRule#SIGNER}. */
    Signer,
    /** Nobody has approved or denied it, and there is no certificate. */
    Undecided,
    /** The user is a node. */
    User,
    /** The user is in the groups that a node is in. */
    Groups,
    /** The certificate is for a TLS server, and nothing else. */
    Usages,
    /** The certificate does not live longer than {@link ApprovalRule#LONGEST}. */
    Lifetime,
    /** One PKCS#10 request as PEM, in the one way in which DER can write it. */
    Encoding,
    /** The subject is the user. */
    Subject,
    /** Nothing is asked for but names, addresses and the usages of a TLS server. */
    Extensions,
    /** Only names and addresses, at least one, none that a node can never have. */
    Names,
    /** No address of a Service. */
    ServiceAddress,
    /** The key is strong enough. */
    Key,
    /** The request is signed with its own key. */
    Signature
  }
}
