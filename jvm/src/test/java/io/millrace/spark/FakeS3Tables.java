package io.millrace.spark;

import java.util.List;
import java.util.stream.IntStream;
import software.amazon.awssdk.services.s3tables.S3TablesClient;
import software.amazon.awssdk.services.s3tables.model.ListNamespacesRequest;
import software.amazon.awssdk.services.s3tables.model.ListNamespacesResponse;
import software.amazon.awssdk.services.s3tables.model.ListTablesRequest;
import software.amazon.awssdk.services.s3tables.model.ListTablesResponse;
import software.amazon.awssdk.services.s3tables.model.NamespaceSummary;
import software.amazon.awssdk.services.s3tables.model.NotFoundException;
import software.amazon.awssdk.services.s3tables.model.TableSummary;

/** A table bucket whose answers hold two entries each. */
final class FakeS3Tables implements S3TablesClient {

  private static final int PAGE = 2;

  private final String namespace;
  private final int count;

  FakeS3Tables(String namespace, int count) {
    this.namespace = namespace;
    this.count = count;
  }

  @Override
  public ListTablesResponse listTables(ListTablesRequest request) {
    if (!namespace.equals(request.namespace())) {
      throw NotFoundException.builder().message("The specified namespace does not exist.").build();
    }
    int from = start(request.continuationToken());
    List<TableSummary> page =
        page(from).mapToObj(i -> TableSummary.builder().name("t" + i).build()).toList();
    return ListTablesResponse.builder().tables(page).continuationToken(next(from)).build();
  }

  @Override
  public ListNamespacesResponse listNamespaces(ListNamespacesRequest request) {
    int from = start(request.continuationToken());
    List<NamespaceSummary> page =
        page(from).mapToObj(i -> NamespaceSummary.builder().namespace("n" + i).build()).toList();
    return ListNamespacesResponse.builder().namespaces(page).continuationToken(next(from)).build();
  }

  @Override
  public String serviceName() {
    return "s3tables";
  }

  @Override
  public void close() {
    // Holds nothing.
  }

  private static int start(String token) {
    return token == null ? 0 : Integer.parseInt(token);
  }

  private IntStream page(int from) {
    return IntStream.range(from, Math.min(from + PAGE, count));
  }

  private String next(int from) {
    return from + PAGE < count ? Integer.toString(from + PAGE) : null;
  }
}
