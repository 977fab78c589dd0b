package dev.metricsserver.rendering;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.ObjectMeta;

/**
 * An object of a kind that another project defines.
 *
 * @param <S> its spec
 */
@JsonPropertyOrder({"apiVersion", "kind", "metadata", "spec"})
@JsonIgnoreProperties(ignoreUnknown = true)
public abstract class ThirdPartyResource<S> implements HasMetadata, Namespaced {

  private static final long serialVersionUID = 1;

  private String apiVersion = HasMetadata.getApiVersion(getClass());
  private ObjectMeta metadata;
  private transient S spec;

  /** Creates an empty object, for deserialization. */
  protected ThirdPartyResource() {}

  /** Creates an object with its content. */
  protected ThirdPartyResource(ObjectMeta metadata, S spec) {
    this.metadata = metadata;
    this.spec = spec;
  }

  @Override
  public String getApiVersion() {
    return apiVersion;
  }

  @Override
  public void setApiVersion(String apiVersion) {
    this.apiVersion = apiVersion;
  }

  @Override
  public String getKind() {
    return HasMetadata.getKind(getClass());
  }

  @Override
  public ObjectMeta getMetadata() {
    return metadata;
  }

  @Override
  public void setMetadata(ObjectMeta metadata) {
    this.metadata = metadata;
  }

  /** The specification. */
  public S getSpec() {
    return spec;
  }

  /** Sets the specification, for deserialization. */
  public void setSpec(S spec) {
    this.spec = spec;
  }
}
