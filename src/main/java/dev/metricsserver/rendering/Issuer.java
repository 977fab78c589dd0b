package dev.metricsserver.rendering;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;

/** Who signs for cert-manager, with what is used of it. */
@Group("cert-manager.io")
@Version("v1")
@Plural("issuers")
public final class Issuer extends ThirdPartyResource<Issuer.Spec> {

  private static final long serialVersionUID = 1;

  /** Without anything, for whoever reads one. */
  public Issuer() {}

  Issuer(ObjectMeta metadata, Spec spec) {
    super(metadata, spec);
  }

  /** One of the two. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Spec(SelfSigned selfSigned, CA ca) {}

  /** Each certificate by its own key. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record SelfSigned() {}

  /** By the key of a CA in a Secret. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record CA(String secretName) {}
}
