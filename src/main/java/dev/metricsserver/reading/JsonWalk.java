package dev.metricsserver.reading;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/** Walks through JSON that others write, which may have another type than expected. */
final class JsonWalk {

  private JsonWalk() {}

  /** Reads the value that the parser is at, to its end. */
  @FunctionalInterface
  interface Field {
    void read(String name) throws IOException;
  }

  /** Reads the value that the parser is at, to its end. */
  @FunctionalInterface
  interface Element {
    void read() throws IOException;
  }

  /** Reads each field of the object that the parser is at; another value is skipped. */
  static void object(JsonParser json, Field fields) throws IOException {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      json.skipChildren();
      return;
    }
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      var field = json.currentName();
      json.nextToken();
      fields.read(field);
    }
  }

  /** Reads each element of the list that the parser is at; another value is skipped. */
  static void list(JsonParser json, Element element) throws IOException {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      json.skipChildren();
      return;
    }
    while (json.nextToken() != JsonToken.END_ARRAY) {
      element.read();
    }
  }
}
