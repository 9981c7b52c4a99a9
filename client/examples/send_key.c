/* Puts a key on a relay and prints the link.
 *   send_key RELAY MESSAGE [CA_FILE]
 */

#include <stdio.h>
#include <tigress.h>

int main(int count, char** words) {
  tigress_client* client = NULL;
  tigress_offer* offer = NULL;
  tigress_creation* creation = NULL;
  tigress_session* session = NULL;
  tigress_error* error = NULL;
  char* link = NULL;
  tigress_code code;

  if (count < 3) {
    fputs("usage: send_key RELAY MESSAGE [CA_FILE]\n", stderr);
    return 2;
  }
  code = tigress_client_new(&client, &error);
  if (code == TIGRESS_OK && count > 3) code = tigress_client_set_ca_file(client, words[3], &error);
  if (code == TIGRESS_OK) code = tigress_offer_new(words[2], &offer, &error);
  if (code == TIGRESS_OK) code = tigress_offer_set_title(offer, "A key for you", &error);
  if (code == TIGRESS_OK) code = tigress_offer_set_vertical(offer, TIGRESS_CAR, &error);
  if (code == TIGRESS_OK) code = tigress_creation_new(client, words[1], offer, &creation, &error);
  if (code == TIGRESS_OK) code = tigress_session_create(creation, &session, &error);
  if (code == TIGRESS_OK) code = tigress_session_link(session, &link, &error);
  if (code == TIGRESS_OK) {
    puts(link);
  } else {
    fprintf(stderr, "%s\n", tigress_error_message(error));
  }
  tigress_text_free(link);
  tigress_error_free(error);
  tigress_session_free(session);
  tigress_creation_free(creation);
  tigress_offer_free(offer);
  tigress_client_free(client);
  return code == TIGRESS_OK ? 0 : 1;
}
