/* Opens a share link, prints what it holds, and removes the share.
 *   receive_key LINK [CA_FILE]
 */

#include <stdio.h>
#include <tigress.h>

int main(int count, char** words) {
  tigress_client* client = NULL;
  tigress_session* session = NULL;
  tigress_error* error = NULL;
  char* message = NULL;
  tigress_code code;

  if (count < 2) {
    fputs("usage: receive_key LINK [CA_FILE]\n", stderr);
    return 2;
  }
  code = tigress_client_new(&client, &error);
  if (code == TIGRESS_OK && count > 2) code = tigress_client_set_ca_file(client, words[2], &error);
  if (code == TIGRESS_OK) code = tigress_session_open(client, words[1], &session, &error);
  if (code == TIGRESS_OK) code = tigress_session_receive(session, 0, &message, &error);
  if (code == TIGRESS_OK) {
    puts(message);
    /* The key is safe here: now it may go there. */
    code = tigress_session_remove(session, &error);
  }
  if (code != TIGRESS_OK) fprintf(stderr, "%s\n", tigress_error_message(error));
  tigress_text_free(message);
  tigress_error_free(error);
  tigress_session_free(session);
  tigress_client_free(client);
  return code == TIGRESS_OK ? 0 : 1;
}
