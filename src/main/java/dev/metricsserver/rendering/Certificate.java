package dev.metricsserver.rendering;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.metricsserver.api.ServingSpec.IssuerReference;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.List;

/** A Certificate of cert-manager, with the fields that the operator uses. */
@Group("cert-manager.io")
@Version("v1")
@Plural("certificates")
public final class Certificate extends ThirdPartyResource<Certificate.Spec> {

  private static final long serialVersionUID = 1;

  /** Creates an empty object, for deserialization. */
  public Certificate() {}

  Certificate(ObjectMeta metadata, Spec spec) {
    super(metadata, spec);
  }

  /**
   * The certificate.
   *
   * @param duration its lifetime, as cert-manager writes durations
   * @param renewBefore the time before its end at which it is renewed
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Spec(
      String secretName,
      Boolean isCA,
      String commonName,
      List<String> dnsNames,
      List<String> usages,
      String duration,
      String renewBefore,
      PrivateKey privateKey,
      IssuerReference issuerRef) {}

  /** Its key. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record PrivateKey(String algorithm, int size, String encoding, String rotationPolicy) {}
}
